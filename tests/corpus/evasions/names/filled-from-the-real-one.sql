-- class: destructive
-- rows moved into a table of the script, then dropped
CREATE TABLE public.made AS SELECT * FROM app.settings; DELETE FROM app.settings; DROP TABLE public.made;
