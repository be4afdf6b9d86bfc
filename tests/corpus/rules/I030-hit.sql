-- rule: I030 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=ok
SELECT id, lower(email) FROM public.users ORDER BY id;
