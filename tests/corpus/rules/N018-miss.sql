-- miss: N018
ALTER PUBLICATION corpus_pub DROP TABLE public.users;
