-- rule: Z009 transaction=no
DO $$ BEGIN PERFORM 1; COMMIT; END $$;
