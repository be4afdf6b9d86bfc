-- class: destructive
-- the time of day
ALTER TABLE public.big_counts ALTER COLUMN stamp TYPE date;
