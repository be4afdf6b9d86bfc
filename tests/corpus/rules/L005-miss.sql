-- miss: L005
GRANT SELECT ON public.coupons TO corpus_reader;
