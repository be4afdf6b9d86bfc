-- miss: Z004
DO $$ BEGIN EXECUTE format('ANALYZE %I.%I', 'public', 'us' || 'ers'); END $$;
