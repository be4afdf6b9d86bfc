-- rule: N036 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
-- run: no (the collation's version may be unknown)
ALTER COLLATION "C" REFRESH VERSION;
