-- near: A096
ALTER TABLE public.regions DETACH PARTITION public.regions_eu CONCURRENTLY;
