-- class: destructive
-- rows leave the parent
ALTER TABLE public.regions DETACH PARTITION public.regions_eu;
