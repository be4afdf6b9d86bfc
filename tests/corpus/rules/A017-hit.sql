-- rule: A017 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails live=yes
ALTER TABLE public.users DROP COLUMN search;
