-- miss: J018
SELECT lo_get(990001);
