-- class: destructive
-- rows leave the parent
ALTER TABLE public.cars NO INHERIT public.vehicles;
