-- rule: M011 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=lock
-- live: scope=tables:public.products
DROP EXTENSION hstore CASCADE;
