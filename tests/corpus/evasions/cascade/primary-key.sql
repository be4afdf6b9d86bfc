-- class: destructive
-- foreign keys of other tables
ALTER TABLE public.users DROP CONSTRAINT users_pkey CASCADE;
