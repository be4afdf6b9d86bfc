-- rule: Z006 class=unknown loses=data scope=database
-- run: no (the function is not there)
CREATE TRIGGER corpus_t AFTER INSERT ON public.audit_log FOR EACH ROW EXECUTE FUNCTION app.not_in_this_script();
INSERT INTO public.audit_log DEFAULT VALUES;
