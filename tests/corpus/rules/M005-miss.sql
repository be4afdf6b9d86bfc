-- miss: M005
-- run: no (fails with 2BP01 on the fixture)
DROP SCHEMA IF EXISTS app RESTRICT;
