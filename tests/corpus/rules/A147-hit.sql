-- rule: A147 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.users ALTER COLUMN age RESET (n_distinct);
