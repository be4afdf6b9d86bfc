-- rule: A018 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok live=yes
ALTER TABLE public.products ALTER COLUMN sku TYPE varchar(40);
