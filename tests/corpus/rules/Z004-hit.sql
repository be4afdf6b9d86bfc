-- rule: Z004 class=unknown loses=data scope=database
DO $$ BEGIN EXECUTE 'ANALYZE ' || current_schema() || '.users'; END $$;
