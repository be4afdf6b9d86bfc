-- rule: D042 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP TYPE public.order_status CASCADE;
