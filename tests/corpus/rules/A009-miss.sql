-- near: A009
ALTER TABLE public.users ADD COLUMN age_next int DEFAULT 1 + 1;
