-- near: A034
ALTER TABLE public.users ALTER COLUMN age TYPE bigint;
