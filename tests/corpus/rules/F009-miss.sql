-- miss: F009
DROP FUNCTION app.spare_fn() CASCADE;
