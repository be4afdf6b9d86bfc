-- miss: B011
CREATE TABLE public.temporary AS SELECT id, total FROM public.orders WHERE status = 'paid';
