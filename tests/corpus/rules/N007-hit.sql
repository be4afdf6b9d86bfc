-- rule: N007 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
DROP USER MAPPING FOR corpus_app SERVER corpus_server;
