-- miss: B005
CREATE TABLE public.vans (LIKE public.vehicles, seats int);
