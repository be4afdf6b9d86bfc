-- near: A062
ALTER TABLE public.users ALTER COLUMN birth SET NOT NULL;
