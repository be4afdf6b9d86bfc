-- class: destructive
-- IF EXISTS lowers nothing
ALTER TABLE IF EXISTS public.users DROP COLUMN IF EXISTS age;
