-- rule: E021 class=none loses=nothing scope=none lock=EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
REFRESH MATERIALIZED VIEW CONCURRENTLY public.product_sales;
