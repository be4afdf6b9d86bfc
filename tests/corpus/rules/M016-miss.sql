-- miss: M016
-- run: no (fails with 3F000 on the fixture)
ALTER SCHEMA corpus_extra RENAME TO corpus_other;
