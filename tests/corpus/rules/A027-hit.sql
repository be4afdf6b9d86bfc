-- rule: A027 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok live=yes
ALTER TABLE public.big_counts ALTER COLUMN big TYPE text;
