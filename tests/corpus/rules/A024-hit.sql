-- rule: A024 class=destructive loses=data scope=tables:public.users lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok live=yes
ALTER TABLE public.users ALTER COLUMN last_ip TYPE cidr;
