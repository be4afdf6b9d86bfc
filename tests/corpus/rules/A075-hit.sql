-- rule: A075 class=destructive loses=definition scope=schema lock=SHARE ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.users DISABLE TRIGGER users_touch;
