-- near: A098
ALTER TABLE public.regions DETACH PARTITION public.regions_eu CONCURRENTLY;
