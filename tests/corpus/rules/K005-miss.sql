-- miss: K005
CLUSTER public.clustered;
