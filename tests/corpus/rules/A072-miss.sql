-- near: A072
ALTER TABLE public.users RENAME TO years;
