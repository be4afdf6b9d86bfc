-- rule: O006 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
-- run: no (only inside a block)
RELEASE SAVEPOINT a;
