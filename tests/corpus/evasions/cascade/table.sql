-- class: destructive
-- views and foreign keys
DROP TABLE public.users CASCADE;
