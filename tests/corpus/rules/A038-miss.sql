-- near: A038
ALTER TABLE public.users ADD CONSTRAINT age_known CHECK (age IS NOT NULL);
