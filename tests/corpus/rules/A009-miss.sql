-- near: A009
ALTER TABLE public.big_counts ADD COLUMN age_next int DEFAULT 1 + 1;
