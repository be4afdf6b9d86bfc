-- near: A117
ALTER TABLE public.users ALTER COLUMN role TYPE text;
