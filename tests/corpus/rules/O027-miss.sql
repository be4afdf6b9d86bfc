-- miss: O027
UNLISTEN orders;
