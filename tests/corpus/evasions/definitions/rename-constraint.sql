-- class: destructive
-- ON CONFLICT ON CONSTRAINT breaks
ALTER TABLE public.users RENAME CONSTRAINT users_email_key TO email_key;
