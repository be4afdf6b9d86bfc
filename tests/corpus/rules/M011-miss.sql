-- miss: M011
-- run: no (fails with 2BP01 on the fixture)
DROP EXTENSION hstore RESTRICT;
