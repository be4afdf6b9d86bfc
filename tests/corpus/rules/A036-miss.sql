-- near: A036
ALTER TABLE public.big_counts ADD COLUMN other text DEFAULT 'nobody';
