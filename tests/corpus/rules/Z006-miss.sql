-- miss: Z006
-- run: no (the table wants values)
CREATE FUNCTION app.corpus_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER corpus_t AFTER INSERT ON public.audit_log FOR EACH ROW EXECUTE FUNCTION app.corpus_f();
INSERT INTO public.audit_log DEFAULT VALUES;
