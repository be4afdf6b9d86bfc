-- rule: A038 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=ok
ALTER TABLE public.users ALTER COLUMN age SET NOT NULL;
