-- rule: I033 class=none loses=nothing scope=none lock=ROW SHARE rewrite=no scan=no transaction=yes rerun=ok
SELECT id FROM public.users WHERE id = 1 FOR UPDATE;
