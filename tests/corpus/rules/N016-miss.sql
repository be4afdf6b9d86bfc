-- miss: N016
ALTER PUBLICATION corpus_pub SET TABLE public.products;
