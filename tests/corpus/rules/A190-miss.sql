-- near: A190
ALTER TABLE public.clustered RESET (fillfactor);
