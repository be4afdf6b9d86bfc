-- class: destructive|unknown
-- the verb is in a variable
DO $$
DECLARE
    verb text := 'DROP';
BEGIN
    EXECUTE verb || ' TABLE archive.old_orders';
END $$;
