-- rule: A019 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok live=yes
ALTER TABLE public.big_counts ALTER COLUMN n TYPE bigint;
