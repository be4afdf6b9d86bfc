-- rule: B021 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP TABLE public.users CASCADE;
