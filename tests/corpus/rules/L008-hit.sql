-- rule: L008 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
REVOKE corpus_app FROM corpus_reader;
