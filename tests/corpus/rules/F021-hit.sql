-- rule: F021 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER LANGUAGE plpgsql OWNER TO corpus_owner;
