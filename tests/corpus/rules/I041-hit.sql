-- rule: I041 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=ok
EXPLAIN (ANALYZE on, COSTS off) SELECT count(*) FROM public.users;
