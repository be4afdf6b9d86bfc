-- rule: A008 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=fails
ALTER TABLE public.duplicates ADD COLUMN nr int GENERATED ALWAYS AS IDENTITY;
