-- rule: A067 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=ok
ALTER TABLE public.orders VALIDATE CONSTRAINT orders_total_check;
