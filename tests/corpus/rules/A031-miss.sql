-- near: A031
CREATE TYPE public.role_new AS ENUM ('user', 'admin');
ALTER TABLE public.users ALTER COLUMN role DROP DEFAULT;
-- then:
ALTER TABLE public.users ALTER COLUMN role TYPE public.role_new USING 'user'::text::public.role_new;
