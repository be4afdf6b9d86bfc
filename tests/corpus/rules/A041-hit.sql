-- rule: A041 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TABLE public.products ALTER COLUMN gross DROP EXPRESSION;
