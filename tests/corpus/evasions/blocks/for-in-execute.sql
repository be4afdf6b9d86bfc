-- class: destructive
-- a loop over EXECUTE
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN EXECUTE 'DELETE FROM app.settings RETURNING *' LOOP NULL; END LOOP;
END $$;
