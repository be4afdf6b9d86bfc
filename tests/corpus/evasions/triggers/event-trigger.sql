-- class: destructive|unknown
-- an event trigger fires at the next DDL
CREATE FUNCTION app.ev() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; END $$;
CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION app.ev();
CREATE TABLE public.made (id int);
