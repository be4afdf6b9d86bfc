-- class: destructive
-- a body in the standard form
CREATE FUNCTION app.clean() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM app.settings; END;
SELECT app.clean();
