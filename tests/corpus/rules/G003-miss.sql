-- miss: G003
CREATE TRIGGER orders_check AFTER INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION app.spare_trigger_fn();
