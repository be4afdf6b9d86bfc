-- near: A089
ALTER TABLE public.cars NO INHERIT public.vehicles;
