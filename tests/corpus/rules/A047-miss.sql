-- near: A047
ALTER TABLE public.users SET (fillfactor = 80);
