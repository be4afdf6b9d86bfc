-- class: destructive|unknown
-- an exclusion constraint with an expression
CREATE FUNCTION app.calm(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.purge_users(); RETURN $1; END $$;
ALTER TABLE public.big_counts ADD EXCLUDE USING btree (app.calm(id) WITH =);
