-- near: A115
ALTER TABLE public.users ALTER COLUMN age TYPE int;
