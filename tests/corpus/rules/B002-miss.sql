-- miss: B002
CREATE TABLE public.letters (id int PRIMARY KEY, answers int REFERENCES public.letters (id));
