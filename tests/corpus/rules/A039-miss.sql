-- near: A039
ALTER TABLE public.users ALTER COLUMN email DROP DEFAULT;
