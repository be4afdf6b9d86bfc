-- near: A097
ALTER TABLE public.regions DETACH PARTITION public.regions_eu;
