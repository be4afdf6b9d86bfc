-- rule: J005 class=destructive loses=outside scope=database lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails loose=rerun,lock
SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE roname = 'corpus_none';
