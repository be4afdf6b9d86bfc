-- class: destructive|unknown
-- an index predicate
CREATE FUNCTION app.calm(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.purge_users(); RETURN true; END $$;
CREATE INDEX ON public.big_counts (n) WHERE app.calm(n);
