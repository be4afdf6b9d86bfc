-- near: A048
ALTER TABLE public.users ALTER COLUMN nickname SET STATISTICS 5;
