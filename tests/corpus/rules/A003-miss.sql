-- near: A003
ALTER TABLE public.users ADD COLUMN token text DEFAULT 'gen_random_uuid()';
