-- class: destructive
-- a materialized view
DROP MATERIALIZED VIEW public.product_sales;
