-- near: A186
ALTER TABLE public.clustered CLUSTER ON clustered_pkey;
