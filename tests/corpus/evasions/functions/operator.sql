-- class: destructive|unknown
-- an operator is a function
CREATE FUNCTION app.opf(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN true; END $$;
CREATE OPERATOR app.### (LEFTARG = int, RIGHTARG = int, FUNCTION = app.opf);
SELECT 1 OPERATOR(app.###) 2;
