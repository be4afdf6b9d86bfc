-- miss: N017
ALTER PUBLICATION corpus_pub ADD TABLE public.products;
