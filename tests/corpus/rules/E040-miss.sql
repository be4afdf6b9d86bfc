-- miss: E040
ALTER MATERIALIZED VIEW public.product_sales RENAME TO sales;
