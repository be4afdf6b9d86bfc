-- rule: I040 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=ok
EXPLAIN SELECT * FROM public.users;
