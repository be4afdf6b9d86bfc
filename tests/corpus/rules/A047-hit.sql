-- rule: A047 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.users ALTER COLUMN age SET (n_distinct = 80);
