-- rule: C051 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER INDEX public.products_name_trgm_idx NO DEPENDS ON EXTENSION pg_trgm;
