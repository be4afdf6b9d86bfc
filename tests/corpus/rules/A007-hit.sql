-- rule: A007 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=fails
ALTER TABLE public.duplicates ADD COLUMN nr bigserial;
