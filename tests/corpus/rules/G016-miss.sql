-- miss: G016
DROP TRIGGER users_touch ON public.users;
