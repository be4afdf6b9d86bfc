-- near: A119
ALTER TABLE public.users ALTER COLUMN age TYPE bigint USING age * 2;
