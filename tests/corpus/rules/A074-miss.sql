-- near: A074
ALTER TABLE public.users RENAME COLUMN age TO users_age_check;
