-- class: additive
-- AFTER DELETE names an event, it deletes nothing
CREATE TRIGGER t AFTER DELETE OR TRUNCATE ON public.empty_table FOR EACH STATEMENT EXECUTE FUNCTION app.spare_trigger_fn();
