-- near: A033
ALTER TABLE public.big_counts ALTER COLUMN label TYPE varchar(5) USING left(label, 5);
