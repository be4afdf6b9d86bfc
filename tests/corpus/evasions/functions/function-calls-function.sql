-- class: destructive
-- two levels deep
CREATE FUNCTION app.inner_one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN 1; END $$;
CREATE FUNCTION app.outer_one() RETURNS int LANGUAGE sql AS 'SELECT app.inner_one()';
SELECT app.outer_one();
