-- class: destructive
-- and are gone
ALTER TABLE public.regions DETACH PARTITION public.regions_eu; DROP TABLE public.regions_eu;
