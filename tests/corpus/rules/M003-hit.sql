-- rule: M003 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER SCHEMA spare OWNER TO corpus_owner;
