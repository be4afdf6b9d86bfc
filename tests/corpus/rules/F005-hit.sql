-- rule: F005 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER FUNCTION app.spare_fn() OWNER TO corpus_owner;
