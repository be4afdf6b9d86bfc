-- class: destructive|unknown
-- a cast is a function
CREATE FUNCTION app.to_pair(int) RETURNS app.pair LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN ('a', 'b')::app.pair; END $$;
CREATE CAST (int AS app.pair) WITH FUNCTION app.to_pair(int);
SELECT 1::int::app.pair;
