-- rule: I043 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
PREPARE one AS SELECT 1;
-- then:
EXECUTE one;
