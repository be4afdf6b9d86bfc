-- class: destructive|unknown
-- a function of a row reads like a column
CREATE FUNCTION public.tidy(app.settings) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM public.duplicates; RETURN 1; END $$;
SELECT s.tidy FROM app.settings s;
