-- near: A010
ALTER TABLE public.big_counts ADD COLUMN maybe text DEFAULT NULL;
