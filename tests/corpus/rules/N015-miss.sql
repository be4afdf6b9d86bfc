-- miss: N015
ALTER PUBLICATION corpus_pub ADD TABLE public.products;
