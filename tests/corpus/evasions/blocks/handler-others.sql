-- class: destructive
-- WHEN OTHERS
DO $$
BEGIN
    PERFORM 1 / 0;
EXCEPTION WHEN OTHERS THEN
    DELETE FROM app.settings;
END $$;
