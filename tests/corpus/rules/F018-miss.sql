-- miss: F018
-- run: no (fails with 42704 on the fixture)
DROP LANGUAGE plown CASCADE;
