-- miss: O028
LISTEN orders;
