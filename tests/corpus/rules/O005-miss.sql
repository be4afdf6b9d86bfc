-- miss: O005
-- run: no (fails with 3B001 on the fixture)
RELEASE SAVEPOINT a;
