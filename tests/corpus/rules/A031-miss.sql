-- near: A031 error=42804
CREATE TYPE public.role_new AS ENUM ('user', 'admin');
-- then:
ALTER TABLE public.users ALTER COLUMN role TYPE public.role_new USING 'user'::text::public.role_new;
