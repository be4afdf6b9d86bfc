-- class: destructive
-- ELSIF
DO $$
BEGIN
    IF false THEN
        NULL;
    ELSIF true THEN
        TRUNCATE archive.old_orders;
    END IF;
END $$;
