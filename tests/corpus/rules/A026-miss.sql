-- near: A026
ALTER TABLE public.users ALTER COLUMN settings TYPE json;
