-- rule: J003 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=ok
SELECT set_config('session_replication_role', 'replica', false);
