-- class: destructive|unknown
-- and its bounds
DO $$
BEGIN
    FOR i IN 1..app.purge_users() LOOP NULL; END LOOP;
END $$;
