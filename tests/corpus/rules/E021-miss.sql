-- miss: E021
REFRESH MATERIALIZED VIEW public.product_sales;
