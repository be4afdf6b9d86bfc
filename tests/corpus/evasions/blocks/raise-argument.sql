-- class: destructive|unknown
-- and an argument of RAISE
DO $$
BEGIN
    RAISE NOTICE 'gone: %', app.purge_users();
END $$;
