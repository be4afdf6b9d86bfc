-- class: destructive
-- a table made by the script as parent of a real one
CREATE TABLE public.made (id int, wheels int); ALTER TABLE public.bikes INHERIT public.made; DROP TABLE public.made CASCADE;
