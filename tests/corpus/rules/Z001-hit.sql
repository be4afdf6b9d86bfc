-- rule: Z001 class=unknown loses=data scope=database rerun=depends
DROP TABLE public.users public.orders;
