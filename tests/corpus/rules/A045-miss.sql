-- near: A045
ALTER TABLE public.products ALTER COLUMN id DROP DEFAULT;
