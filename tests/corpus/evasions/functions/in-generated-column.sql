-- class: destructive|unknown
-- a generated column, behind a wrapper that claims to be immutable
CREATE FUNCTION app.calm(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.purge_users(); RETURN 1; END $$;
ALTER TABLE public.big_counts ADD COLUMN g int GENERATED ALWAYS AS (app.calm(n)) STORED;
