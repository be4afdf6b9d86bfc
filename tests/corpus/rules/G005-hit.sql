-- rule: G005 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP TRIGGER orders_audit ON public.orders;
