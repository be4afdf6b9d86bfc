-- near: A189
ALTER TABLE public.users SET (fillfactor = 90);
