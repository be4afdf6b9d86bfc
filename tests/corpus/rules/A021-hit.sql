-- rule: A021 class=destructive loses=data scope=tables:public.order_items lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok live=yes
ALTER TABLE public.order_items ALTER COLUMN unit_price TYPE numeric(12, 1);
