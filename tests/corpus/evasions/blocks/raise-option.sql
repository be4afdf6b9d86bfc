-- class: destructive|unknown
-- and an option of it
DO $$
BEGIN
    RAISE NOTICE 'x' USING HINT = app.purge_users()::text;
END $$;
