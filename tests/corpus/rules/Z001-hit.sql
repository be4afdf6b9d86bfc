-- rule: Z001 class=unknown loses=data scope=database rerun=depends
-- run: no (it is no SQL: that is the point)
DROP TABLE public.users public.orders;
