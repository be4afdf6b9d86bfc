-- class: destructive
-- a promise
ALTER TABLE public.orders ALTER COLUMN total DROP NOT NULL;
