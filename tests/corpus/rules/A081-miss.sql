-- near: A081
ALTER TABLE public.clustered SET WITHOUT CLUSTER;
