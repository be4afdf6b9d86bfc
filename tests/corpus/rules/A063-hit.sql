-- rule: A063 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.orders ALTER CONSTRAINT orders_user_fk DEFERRABLE INITIALLY DEFERRED;
