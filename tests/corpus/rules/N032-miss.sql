-- miss: N032
ALTER OPERATOR FAMILY app.int_family USING hash DROP OPERATOR 1 (int, int);
