-- near: A046
ALTER TABLE public.users ALTER COLUMN age SET (n_distinct = 80);
