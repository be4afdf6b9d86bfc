-- miss: G001
CREATE OR REPLACE TRIGGER orders_spare BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION app.spare_trigger_fn();
