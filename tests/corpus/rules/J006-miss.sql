-- miss: J006
SELECT pg_drop_replication_slot('corpus_slot');
