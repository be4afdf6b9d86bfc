-- near: A049
ALTER TABLE public.users ALTER COLUMN nickname SET STORAGE MAIN;
