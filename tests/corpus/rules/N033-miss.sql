-- miss: N033
-- run: no (fails with 42704 on the fixture)
ALTER OPERATOR FAMILY app.int_family USING hash ADD OPERATOR 1 = (int, int);
