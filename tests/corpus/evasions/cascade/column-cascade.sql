-- class: destructive
-- with views on it
ALTER TABLE public.users DROP COLUMN name CASCADE;
