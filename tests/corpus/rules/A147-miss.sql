-- near: A147
ALTER TABLE public.users RESET (fillfactor);
