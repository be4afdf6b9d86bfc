-- rule: A044 class=destructive loses=sequence scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.users ALTER COLUMN id RESTART WITH 1000;
