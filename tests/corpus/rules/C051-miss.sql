-- miss: C051
ALTER INDEX public.products_name_trgm_idx DEPENDS ON EXTENSION pg_trgm;
