-- miss: B020
DROP TABLE public.duplicates CASCADE;
