-- near: A120
ALTER TABLE public.users ADD COLUMN w int;
