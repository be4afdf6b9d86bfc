-- miss: M019
-- run: no (fails with 3F000 on the fixture)
DROP SCHEMA corpus_extra;
