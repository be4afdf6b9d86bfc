-- rule: J008 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SELECT pg_advisory_xact_lock(1);
