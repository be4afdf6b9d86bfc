-- rule: A023 class=destructive loses=data scope=tables:public.big_counts lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok live=yes
ALTER TABLE public.big_counts ALTER COLUMN stamp TYPE timestamptz;
