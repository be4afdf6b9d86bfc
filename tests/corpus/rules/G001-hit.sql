-- rule: G001 class=additive loses=nothing scope=none lock=SHARE ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE TRIGGER orders_spare BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION app.spare_trigger_fn();
