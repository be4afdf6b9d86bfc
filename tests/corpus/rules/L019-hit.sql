-- rule: L019 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok loose=lock
REASSIGN OWNED BY corpus_owner TO corpus_app;
