-- miss: Z006
CREATE FUNCTION app.corpus_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER corpus_t AFTER INSERT ON public.empty_table FOR EACH ROW EXECUTE FUNCTION app.corpus_f();
INSERT INTO public.empty_table DEFAULT VALUES;
