-- near: A051
ALTER TABLE public.users ADD CONSTRAINT users_old CHECK (age < 200);
