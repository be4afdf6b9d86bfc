-- class: destructive|unknown
-- run: psql
-- or moved on
SELECT pg_create_logical_replication_slot('corpus_slot', 'test_decoding');
SELECT pg_replication_slot_advance('corpus_slot', pg_current_wal_lsn());
