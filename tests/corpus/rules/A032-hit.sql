-- rule: A032 class=destructive loses=data scope=tables:public.users lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=depends
ALTER TABLE public.users ALTER COLUMN age TYPE int USING age / 10;
