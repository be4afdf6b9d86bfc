-- rule: C050 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER INDEX public.products_name_trgm_idx DEPENDS ON EXTENSION pg_trgm;
