-- miss: G021
DROP TRIGGER users_touch ON public.users;
