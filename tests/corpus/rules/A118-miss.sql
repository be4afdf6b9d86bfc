-- near: A118
ALTER TABLE public.users ALTER COLUMN age TYPE bigint;
