-- class: destructive|unknown
-- spelt by character codes
DO $$
BEGIN
    EXECUTE chr(68) || chr(82) || 'OP TABLE archive.old_orders';
END $$;
