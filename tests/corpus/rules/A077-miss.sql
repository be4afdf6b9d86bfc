-- near: A077
ALTER TABLE public.users DISABLE TRIGGER users_touch;
