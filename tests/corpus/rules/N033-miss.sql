-- miss: N033
ALTER OPERATOR FAMILY app.int_family USING hash ADD OPERATOR 1 = (int, int);
