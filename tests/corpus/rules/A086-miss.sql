-- near: A086
ALTER TABLE public.users SET TABLESPACE pg_default;
