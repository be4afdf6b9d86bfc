-- rule: A116 class=enum loses=nothing scope=schema lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok loose=rewrite live=yes
ALTER TABLE public.empty_table ALTER COLUMN note TYPE app.mood USING note::app.mood;
