-- rule: O003 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
-- run: no (only one side of a block)
COMMIT;
