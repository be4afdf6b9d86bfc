-- class: additive
-- a body that nobody calls does nothing
CREATE FUNCTION app.clean() RETURNS void LANGUAGE sql AS 'DELETE FROM app.settings';
