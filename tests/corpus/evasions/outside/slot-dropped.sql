-- class: destructive|unknown effect=none
-- run: psql
-- a slot is in no dump, and no ROLLBACK brings it back
SELECT pg_create_logical_replication_slot('corpus_slot', 'test_decoding');
BEGIN; SELECT pg_drop_replication_slot('corpus_slot'); ROLLBACK;
