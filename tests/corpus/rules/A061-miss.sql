-- near: A061
ALTER TABLE public.big_counts ADD COLUMN old int CHECK (old < 200);
