-- class: destructive|unknown
-- and the condition of a loop
DO $$
BEGIN
    WHILE app.purge_users() < 0 LOOP NULL; END LOOP;
END $$;
