-- class: destructive
-- a deferred trigger fires at COMMIT
CREATE FUNCTION app.tw() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON public.empty_table DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.tw();
INSERT INTO public.empty_table VALUES (5);
