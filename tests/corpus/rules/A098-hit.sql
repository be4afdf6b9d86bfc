-- rule: A098 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails since=14 error=55000
ALTER TABLE public.regions DETACH PARTITION public.regions_eu FINALIZE;
