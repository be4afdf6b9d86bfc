-- rule: A005 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails loose=scan
ALTER TABLE public.empty_table ADD COLUMN must text NOT NULL;
