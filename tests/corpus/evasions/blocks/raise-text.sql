-- class: none
-- a message is only a message
DO $$
BEGIN
    RAISE NOTICE 'DROP TABLE archive.old_orders';
END $$;
