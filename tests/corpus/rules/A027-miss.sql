-- near: A027
ALTER TABLE public.users ALTER COLUMN birth TYPE text;
