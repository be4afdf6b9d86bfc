-- near: A030
ALTER TABLE public.users ALTER COLUMN nickname SET DEFAULT 'x' COLLATE "C";
