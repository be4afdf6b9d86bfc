-- class: destructive
-- another definition
CREATE OR REPLACE TRIGGER users_touch AFTER UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION app.spare_trigger_fn();
