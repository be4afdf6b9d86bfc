-- near: A087
ALTER TABLE public.users SET TABLESPACE pg_default;
