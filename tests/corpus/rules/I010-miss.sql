-- miss: I010
SELECT age + 1 FROM public.users FOR UPDATE;
