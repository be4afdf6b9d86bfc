-- class: destructive
-- EXECUTE of a constant is as good as the statement
DO $$
BEGIN
    EXECUTE 'DROP TABLE archive.old_orders';
END $$;
