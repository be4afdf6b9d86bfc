-- class: destructive
-- children go with CASCADE
DROP TABLE public.vehicles CASCADE;
