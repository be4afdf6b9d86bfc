-- miss: G002
CREATE TRIGGER users_touch_too BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION app.touch();
