-- rule: G002 class=destructive loses=definition scope=schema lock=SHARE ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok since=14
CREATE OR REPLACE TRIGGER users_touch BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION app.touch();
