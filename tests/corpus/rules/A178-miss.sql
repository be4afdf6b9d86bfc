-- near: A178
ALTER TABLE public.users ENABLE ALWAYS TRIGGER users_touch;
