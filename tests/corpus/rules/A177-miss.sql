-- near: A177
ALTER TABLE public.users ENABLE TRIGGER users_touch;
