-- near: A010
ALTER TABLE public.users ADD COLUMN maybe text DEFAULT NULL;
