-- near: A032
ALTER TABLE public.users ALTER COLUMN age TYPE int USING age::int;
