-- miss: B007
CREATE UNLOGGED TABLE public.scratch (id int);
