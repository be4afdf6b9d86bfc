-- class: destructive
-- a trigger made by the same script
CREATE FUNCTION app.tw() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN NEW; END $$;
CREATE TRIGGER t AFTER INSERT ON public.empty_table FOR EACH STATEMENT EXECUTE FUNCTION app.tw();
INSERT INTO public.empty_table VALUES (5);
