-- near: A021
ALTER TABLE public.users ALTER COLUMN balance TYPE numeric(12,2);
