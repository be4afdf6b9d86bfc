-- miss: G015
ALTER TRIGGER users_touch ON public.users RENAME TO tickets_mine;
