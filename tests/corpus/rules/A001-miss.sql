-- near: A001
ALTER TABLE public.users ADD CONSTRAINT add_column CHECK (age < 200);
