-- near: A061
ALTER TABLE public.users ADD COLUMN old int CHECK (old < 200);
