-- rule: G003 class=additive loses=nothing scope=none lock=SHARE ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE CONSTRAINT TRIGGER orders_check AFTER INSERT ON public.orders DEFERRABLE FOR EACH ROW EXECUTE FUNCTION app.spare_trigger_fn();
