-- miss: Z008
CREATE FUNCTION app.deep_0() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION app.deep_1() RETURNS int LANGUAGE sql AS 'SELECT app.deep_0()';
SELECT app.deep_1();
