-- class: destructive
-- format() of constants
DO $$
BEGIN
    EXECUTE format('%s TABLE %I.%I', 'DROP', 'archive', 'old_orders');
END $$;
