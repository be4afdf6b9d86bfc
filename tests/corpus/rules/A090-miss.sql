-- near: A090
ALTER TABLE public.bikes INHERIT public.vehicles;
