-- class: destructive|unknown
-- so does a default in DECLARE
DO $$
DECLARE
    i int := app.purge_users();
BEGIN
    NULL;
END $$;
