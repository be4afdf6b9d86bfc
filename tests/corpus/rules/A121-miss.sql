-- near: A121
ALTER TABLE public.users DROP COLUMN age;
