-- rule: A009 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=fails
ALTER TABLE public.big_counts ADD COLUMN n_next int GENERATED ALWAYS AS (n + 1) STORED;
