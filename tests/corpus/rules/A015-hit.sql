-- rule: A015 class=destructive loses=data scope=tables:public.users lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TABLE public.users DROP COLUMN age;
