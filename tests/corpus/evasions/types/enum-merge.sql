-- class: enum|destructive effect=destructive
-- a swap that maps two labels to one
CREATE TYPE public.role_new AS ENUM ('user', 'staff');
ALTER TABLE public.users ALTER COLUMN role DROP DEFAULT;
ALTER TABLE public.users ALTER COLUMN role TYPE public.role_new USING (CASE role::text WHEN 'user' THEN 'user' ELSE 'staff' END)::public.role_new;
DROP TYPE public.user_role;
ALTER TYPE public.role_new RENAME TO user_role;
