-- rule: D061 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER DOMAIN app.spare_domain OWNER TO corpus_owner;
