-- rule: A012 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails
ALTER TABLE public.loose_items ADD COLUMN code text UNIQUE DEFERRABLE;
