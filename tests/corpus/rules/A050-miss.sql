-- near: A050
ALTER TABLE public.users ADD CONSTRAINT users_old CHECK (age < 200) NOT VALID;
