-- near: A016
ALTER TABLE public.users DROP COLUMN age;
