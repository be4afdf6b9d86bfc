-- class: destructive
-- put together from constants
DO $$
BEGIN
    EXECUTE 'DR' || 'OP TA' || 'BLE archive.old_orders';
END $$;
