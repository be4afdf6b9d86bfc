-- rule: A119 class=destructive loses=data scope=tables:public.users lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok loose=class,loses
ALTER TABLE public.users ALTER COLUMN age TYPE bigint;
