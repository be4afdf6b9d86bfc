-- miss: E033
DROP MATERIALIZED VIEW public.product_sales;
