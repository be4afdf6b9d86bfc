-- rule: J011 class=unknown loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=ok loose=lock
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 0;
