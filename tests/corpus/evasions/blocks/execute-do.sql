-- class: destructive
-- a block inside a block
DO $$
BEGIN
    EXECUTE 'DO $x$ BEGIN DROP TABLE archive.old_orders; END $x$';
END $$;
