-- miss: G004
ALTER TABLE public.users RENAME TO a_touch;
