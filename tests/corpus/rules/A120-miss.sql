-- near: A120
ALTER TABLE public.big_counts ADD COLUMN w int;
