-- class: destructive
-- to integer
ALTER TABLE public.big_counts ALTER COLUMN ratio TYPE int;
