-- class: destructive
-- in PL/pgSQL
CREATE FUNCTION app.clean() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN 1; END $$;
SELECT app.clean();
