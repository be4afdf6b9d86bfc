-- class: destructive
-- in the default of an argument
CREATE FUNCTION app.inner_one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN 1; END $$;
CREATE FUNCTION app.outer_one(n int DEFAULT app.inner_one()) RETURNS int LANGUAGE sql AS 'SELECT n';
SELECT app.outer_one();
