-- miss: F010
DROP FUNCTION app.spare_fn() RESTRICT;
