-- near: A036
ALTER TABLE public.users ADD COLUMN other text DEFAULT 'nobody';
