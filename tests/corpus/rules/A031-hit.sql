-- rule: A031 class=enum loses=definition scope=tables:public.users lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=depends error=42804
CREATE TYPE public.role_new AS ENUM ('user', 'admin');
-- then:
ALTER TABLE public.users ALTER COLUMN role TYPE public.role_new USING role::text::public.role_new;
