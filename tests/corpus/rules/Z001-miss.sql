-- miss: Z001
-- run: no (other tables refer to these)
DROP TABLE public.users, public.orders;
