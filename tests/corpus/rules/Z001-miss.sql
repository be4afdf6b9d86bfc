-- miss: Z001
DROP TABLE public.users, public.orders;
