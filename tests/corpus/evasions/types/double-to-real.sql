-- class: destructive
-- fewer digits
ALTER TABLE public.products ALTER COLUMN weight TYPE real;
