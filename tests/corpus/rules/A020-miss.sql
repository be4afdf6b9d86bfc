-- near: A020
ALTER TABLE public.products ALTER COLUMN sku TYPE varchar(40);
