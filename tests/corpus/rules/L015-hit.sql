-- rule: L015 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER GROUP corpus_owner ADD USER corpus_spare;
