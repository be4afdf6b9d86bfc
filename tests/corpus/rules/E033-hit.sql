-- rule: E033 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP MATERIALIZED VIEW public.product_sales CASCADE;
