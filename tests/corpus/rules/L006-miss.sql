-- miss: L006
GRANT SELECT ON public.users TO corpus_reader;
