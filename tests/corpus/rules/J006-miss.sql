-- miss: J006
-- run: no (fails with 42704 on the fixture)
SELECT pg_drop_replication_slot('corpus_slot');
