-- class: destructive
-- DROP COLLATION CASCADE drops the column of that collation
CREATE TABLE public.made (t text COLLATE app.plain); DROP COLLATION app.plain CASCADE;
