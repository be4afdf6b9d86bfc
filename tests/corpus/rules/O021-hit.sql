-- rule: O021 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;
