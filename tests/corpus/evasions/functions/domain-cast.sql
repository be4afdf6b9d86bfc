-- class: destructive|unknown
-- a cast to a domain runs its CHECK
CREATE FUNCTION app.fine(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN true; END $$;
CREATE DOMAIN app.odd AS int CHECK (app.fine(VALUE));
SELECT 1::app.odd;
