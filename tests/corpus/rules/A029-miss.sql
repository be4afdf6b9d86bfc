-- near: A029
ALTER TABLE public.big_counts ALTER COLUMN label TYPE text;
