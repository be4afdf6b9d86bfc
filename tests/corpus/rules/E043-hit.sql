-- rule: E043 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER MATERIALIZED VIEW public.product_sales SET SCHEMA archive;
