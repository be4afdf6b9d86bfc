-- miss: C050
ALTER INDEX public.products_name_trgm_idx NO DEPENDS ON EXTENSION pg_trgm;
