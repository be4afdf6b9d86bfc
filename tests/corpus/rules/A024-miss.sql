-- near: A024
ALTER TABLE public.users ALTER COLUMN last_ip TYPE text;
