-- class: destructive|unknown
-- and EXIT WHEN
DO $$
BEGIN
    LOOP EXIT WHEN app.purge_users() > 0; END LOOP;
END $$;
