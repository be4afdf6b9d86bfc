-- class: destructive
-- fractions of seconds
ALTER TABLE public.big_counts ALTER COLUMN stamp TYPE timestamp(0);
