-- near: A025
ALTER TABLE public.big_counts ALTER COLUMN label TYPE varchar;
