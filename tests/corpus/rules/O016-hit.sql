-- rule: O016 class=destructive loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=ok
SET session_replication_role = replica;
