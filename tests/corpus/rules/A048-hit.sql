-- rule: A048 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.users ALTER COLUMN nickname SET STORAGE EXTERNAL;
