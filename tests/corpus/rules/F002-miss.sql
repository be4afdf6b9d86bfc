-- miss: F002
CREATE FUNCTION app.spare_fn(n int) RETURNS int LANGUAGE sql AS 'SELECT 43';
