-- class: destructive
-- a default
ALTER TABLE public.orders ALTER COLUMN comment DROP DEFAULT;
