-- class: destructive
-- the sequence goes
ALTER TABLE public.users ALTER COLUMN id DROP IDENTITY;
