-- class: destructive
-- comments inside the body
DO $$ /* END $ */ BEGIN -- nothing DROP TABLE archive.old_orders; END $$;
