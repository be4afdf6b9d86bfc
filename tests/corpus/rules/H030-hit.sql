-- rule: H030 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER LARGE OBJECT 990001 OWNER TO corpus_owner;
