-- class: destructive
-- no CASCADE needed for indexes, UNIQUE, CHECK
ALTER TABLE public.products DROP COLUMN sku;
