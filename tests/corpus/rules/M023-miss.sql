-- miss: M023
-- run: no (fails with 42704 on the fixture)
ALTER TABLESPACE fast RENAME TO quick;
