-- class: destructive
-- a matview without contents
REFRESH MATERIALIZED VIEW public.product_sales WITH NO DATA;
