-- rule: A003 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=fails
ALTER TABLE public.big_counts ADD COLUMN token uuid DEFAULT gen_random_uuid();
