-- rule: A117 class=destructive loses=data scope=tables:public.big_counts lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok live=yes
ALTER TABLE public.big_counts ALTER COLUMN ratio TYPE text;
