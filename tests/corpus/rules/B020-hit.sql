-- rule: B020 class=destructive loses=data scope=tables:public.duplicates lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP TABLE public.duplicates;
