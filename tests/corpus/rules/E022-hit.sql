-- rule: E022 class=destructive loses=data scope=tables:public.product_sales lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
REFRESH MATERIALIZED VIEW public.product_sales WITH NO DATA;
