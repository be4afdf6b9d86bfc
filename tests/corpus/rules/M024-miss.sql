-- miss: M024
-- run: no (fails with 3F000 on the fixture)
DROP SCHEMA fast;
