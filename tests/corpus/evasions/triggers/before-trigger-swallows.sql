-- class: additive
-- nothing stored is lost, later writes are
CREATE FUNCTION app.rn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER t BEFORE INSERT ON public.empty_table FOR EACH ROW EXECUTE FUNCTION app.rn();
