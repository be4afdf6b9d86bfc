-- rule: L016 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER ROLE corpus_spare SET work_mem = '8MB';
