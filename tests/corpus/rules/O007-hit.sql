-- rule: O007 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
-- run: no (only inside a block)
ROLLBACK TO SAVEPOINT a;
