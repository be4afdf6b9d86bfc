-- miss: L004
REVOKE SELECT ON public.coupons FROM corpus_reader;
