-- miss: B008
CREATE TABLE public.unlogged (id int);
