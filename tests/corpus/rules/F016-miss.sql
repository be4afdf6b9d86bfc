-- miss: F016
-- run: no (fails with 42710 on the fixture)
CREATE LANGUAGE plpgsql;
