-- class: destructive|unknown
-- and a condition
DO $$
BEGIN
    IF app.purge_users() > 0 THEN NULL; END IF;
END $$;
