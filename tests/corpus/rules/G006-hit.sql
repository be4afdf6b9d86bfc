-- rule: G006 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TRIGGER users_touch ON public.users DEPENDS ON EXTENSION hstore;
