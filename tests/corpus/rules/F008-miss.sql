-- miss: F008
ALTER TRIGGER users_touch ON public.users DEPENDS ON EXTENSION hstore;
