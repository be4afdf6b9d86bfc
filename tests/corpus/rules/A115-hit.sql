-- rule: A115 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok loose=rewrite live=yes
ALTER TABLE public.empty_table ALTER COLUMN amount TYPE app.positive_amount;
