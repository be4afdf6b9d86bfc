-- miss: Z001
DROP TABLE public.empty_table, public.duplicates;
