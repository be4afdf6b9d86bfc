-- class: destructive
-- the counter
ALTER TABLE public.users ALTER COLUMN id RESTART WITH 1;
