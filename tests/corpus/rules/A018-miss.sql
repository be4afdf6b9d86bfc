-- near: A018
ALTER TABLE public.products ALTER COLUMN sku TYPE varchar(10);
