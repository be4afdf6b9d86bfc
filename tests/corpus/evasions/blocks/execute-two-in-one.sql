-- class: destructive
-- two statements in one constant
DO $$
BEGIN
    EXECUTE 'SELECT 1; DROP TABLE archive.old_orders';
END $$;
