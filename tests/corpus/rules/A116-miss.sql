-- near: A116
ALTER TABLE public.big_counts ALTER COLUMN label TYPE text;
