-- rule: A006 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TABLE public.big_counts ADD COLUMN level int NOT NULL DEFAULT 1;
