-- rule: J006 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
-- run: no (a slot outlives the database)
SELECT pg_create_physical_replication_slot('corpus_slot');
