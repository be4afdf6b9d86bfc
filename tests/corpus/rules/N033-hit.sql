-- rule: N033 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE OPERATOR FAMILY app.int_family USING hash;
ALTER OPERATOR FAMILY app.int_family USING hash ADD OPERATOR 1 = (int, int);
-- then:
ALTER OPERATOR FAMILY app.int_family USING hash DROP OPERATOR 1 (int, int);
