-- class: destructive
-- many values to two
ALTER TABLE public.big_counts ALTER COLUMN n TYPE boolean USING n > 5000;
