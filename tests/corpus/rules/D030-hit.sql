-- rule: D030 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER TYPE public.citext SET (STORAGE = external);
