-- class: destructive
-- FOREACH
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['a'] LOOP DELETE FROM app.settings; END LOOP;
END $$;
