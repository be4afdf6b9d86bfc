-- near: A019
ALTER TABLE public.big_counts ALTER COLUMN big TYPE int;
