-- miss: O029
NOTIFY orders;
