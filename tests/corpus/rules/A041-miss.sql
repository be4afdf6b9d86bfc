-- near: A041
ALTER TABLE public.products ALTER COLUMN stock DROP DEFAULT;
