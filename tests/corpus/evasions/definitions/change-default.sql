-- class: destructive
-- another default
ALTER TABLE public.orders ALTER COLUMN comment SET DEFAULT 'none';
