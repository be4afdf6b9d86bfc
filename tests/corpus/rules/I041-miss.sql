-- miss: I041
EXPLAIN (ANALYZE false) SELECT count(*) FROM public.users;
