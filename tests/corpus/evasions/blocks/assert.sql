-- class: destructive|unknown
-- and ASSERT
DO $$
BEGIN
    ASSERT app.purge_users() > 0;
END $$;
