-- class: destructive
-- set inside a block
DO $$ BEGIN SET search_path = archive; END $$;
DROP TABLE old_orders;
