-- near: A003
ALTER TABLE public.big_counts ADD COLUMN token text DEFAULT 'gen_random_uuid()';
