-- miss: E022
REFRESH MATERIALIZED VIEW public.product_sales WITH DATA;
