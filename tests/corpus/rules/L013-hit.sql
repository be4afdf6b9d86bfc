-- rule: L013 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER ROLE corpus_spare CONNECTION LIMIT 3;
