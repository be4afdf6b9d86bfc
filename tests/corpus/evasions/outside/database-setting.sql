-- class: destructive|unknown effect=additive
-- a setting of the database
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''8MB''', current_database()); END $$;
