-- class: destructive
-- RETURN QUERY of a DELETE
CREATE FUNCTION app.clean() RETURNS SETOF app.settings LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY DELETE FROM app.settings RETURNING *; END $$;
SELECT * FROM app.clean();
