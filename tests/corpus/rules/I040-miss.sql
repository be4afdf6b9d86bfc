-- miss: I040
EXPLAIN (ANALYZE) SELECT * FROM public.users;
