-- class: destructive
-- COLUMN is optional
ALTER TABLE public.users DROP age;
