-- rule: A097 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=no rerun=fails since=14
ALTER TABLE public.regions DETACH PARTITION public.regions_eu CONCURRENTLY;
