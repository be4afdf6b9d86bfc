-- rule: L020 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok loose=lock
DROP OWNED BY corpus_owner;
