-- class: destructive
-- run: psql
-- transaction control inside a procedure
CREATE PROCEDURE app.clean() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; COMMIT; END $$;
CALL app.clean();
