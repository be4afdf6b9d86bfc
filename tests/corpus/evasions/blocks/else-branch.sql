-- class: destructive
-- ELSE
DO $$
BEGIN
    IF EXISTS (SELECT FROM public.empty_table) THEN
        NULL;
    ELSE
        DROP TABLE archive.old_orders;
    END IF;
END $$;
