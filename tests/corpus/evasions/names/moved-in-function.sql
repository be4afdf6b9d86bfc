-- class: destructive
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE duplicates SET SCHEMA spare; DROP TABLE IF EXISTS spare.duplicates; END $$; SELECT f();
