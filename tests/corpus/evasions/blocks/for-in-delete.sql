-- class: destructive
-- a loop over a DELETE
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN DELETE FROM app.settings RETURNING * LOOP NULL; END LOOP;
END $$;
