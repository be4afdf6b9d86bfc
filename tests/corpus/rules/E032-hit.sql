-- rule: E032 class=destructive loses=data scope=tables:public.product_sales lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP MATERIALIZED VIEW public.product_sales;
