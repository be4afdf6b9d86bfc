-- near: A085
ALTER TABLE public.users SET SCHEMA app;
