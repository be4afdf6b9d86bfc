-- near: A017
ALTER TABLE public.users DROP COLUMN age;
