-- class: destructive
-- inside loops
DO $$
DECLARE
    i int := 0;
BEGIN
    WHILE i < 1 LOOP
        FOR k IN 1..1 LOOP
            DELETE FROM app.settings;
        END LOOP;
        i := i + 1;
    END LOOP;
END $$;
