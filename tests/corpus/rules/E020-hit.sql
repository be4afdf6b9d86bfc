-- rule: E020 class=none loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok
REFRESH MATERIALIZED VIEW public.product_sales;
