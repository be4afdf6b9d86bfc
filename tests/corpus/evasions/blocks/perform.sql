-- class: destructive|unknown
-- PERFORM calls
DO $$ BEGIN PERFORM app.purge_users(); END $$;
