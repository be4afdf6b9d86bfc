-- miss: M017
-- run: no (fails with 3F000 on the fixture)
ALTER SCHEMA corpus_extra OWNER TO corpus_owner;
