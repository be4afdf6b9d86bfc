-- miss: N026
DROP OPERATOR app.=== (int, int);
