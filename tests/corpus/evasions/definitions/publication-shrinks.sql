-- class: destructive
-- subscribers miss rows
ALTER PUBLICATION corpus_pub DROP TABLE public.orders;
