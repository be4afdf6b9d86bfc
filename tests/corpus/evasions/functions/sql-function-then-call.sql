-- class: destructive
-- made and called in one script
CREATE FUNCTION app.clean() RETURNS void LANGUAGE sql AS 'DELETE FROM app.settings';
SELECT app.clean();
