-- class: destructive|unknown
-- and CALL
DO $$
BEGIN
    CALL app.archive_orders('2030-01-01');
END $$;
