-- class: destructive|unknown
-- an INSTEAD OF trigger of a view
CREATE FUNCTION app.tw() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN NULL; END $$;
CREATE TRIGGER t INSTEAD OF INSERT ON app.spare_view FOR EACH ROW EXECUTE FUNCTION app.tw();
INSERT INTO app.spare_view VALUES (5);
