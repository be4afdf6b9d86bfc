-- rule: D060 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TYPE app.point3 OWNER TO corpus_owner;
