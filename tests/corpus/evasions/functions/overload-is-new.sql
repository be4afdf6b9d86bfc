-- class: additive|destructive catalogue=additive
-- other argument types: a new function
CREATE OR REPLACE FUNCTION app.slug(t int) RETURNS text LANGUAGE sql AS 'SELECT t::text';
