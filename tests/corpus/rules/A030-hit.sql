-- rule: A030 class=destructive loses=data scope=tables:public.big_counts lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok loose=rewrite
ALTER TABLE public.big_counts ALTER COLUMN label TYPE text COLLATE "C";
