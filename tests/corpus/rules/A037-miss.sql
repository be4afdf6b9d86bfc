-- near: A037
ALTER TABLE public.users ALTER COLUMN balance DROP NOT NULL;
