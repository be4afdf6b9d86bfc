-- rule: O017 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SET session_replication_role = DEFAULT;
