-- class: destructive
-- the date
ALTER TABLE public.big_counts ALTER COLUMN stamp TYPE time USING stamp::time;
