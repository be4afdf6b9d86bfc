-- rule: A029 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok live=yes
ALTER TABLE public.big_counts ALTER COLUMN label TYPE citext;
