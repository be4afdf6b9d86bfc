-- class: destructive
-- the parent loses rows
DROP TABLE public.events_2024;
