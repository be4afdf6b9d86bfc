-- rule: A045 class=destructive loses=sequence scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TABLE public.users ALTER COLUMN id DROP IDENTITY;
