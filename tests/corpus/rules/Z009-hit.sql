-- rule: Z009 transaction=no
-- run: no (COMMIT in a block needs a session without a transaction around it)
DO $$ BEGIN PERFORM 1; COMMIT; END $$;
