-- rule: N043 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER OPERATOR app.=== (int, int) OWNER TO corpus_owner;
