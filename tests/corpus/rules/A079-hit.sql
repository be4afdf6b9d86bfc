-- rule: A079 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
