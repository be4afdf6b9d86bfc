-- miss: J017
SELECT lo_get(990001);
