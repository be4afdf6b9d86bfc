-- near: A028
ALTER TABLE public.big_counts ALTER COLUMN label TYPE varchar;
