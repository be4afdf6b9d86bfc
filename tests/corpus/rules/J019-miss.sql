-- miss: J019
SELECT lo_from_bytea(0, '\x00');
