-- miss: O004
-- run: no (fails with 3B001 on the fixture)
ROLLBACK TO SAVEPOINT a;
