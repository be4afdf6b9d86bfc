-- class: destructive
-- arithmetic
ALTER TABLE public.big_counts ALTER COLUMN n TYPE int USING n / 1000;
