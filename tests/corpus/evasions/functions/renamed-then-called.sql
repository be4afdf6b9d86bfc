-- class: destructive|unknown
-- renamed in between
CREATE FUNCTION app.clean() RETURNS void LANGUAGE sql AS 'DELETE FROM app.settings';
ALTER FUNCTION app.clean() RENAME TO polish;
SELECT app.polish();
