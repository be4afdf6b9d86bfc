-- rule: A096 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TABLE public.events DETACH PARTITION public.events_2024;
