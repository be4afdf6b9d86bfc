-- near: A093
ALTER TABLE public.users CLUSTER ON users_pkey;
