-- rule: A076 class=destructive loses=definition scope=tables:public.orders lock=SHARE ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.orders DISABLE TRIGGER ALL;
