-- miss: Z009
DO $$ BEGIN PERFORM 1; END $$;
