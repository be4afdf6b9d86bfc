-- class: destructive
-- columns of the type go
DROP TYPE public.user_role CASCADE;
