-- class: destructive
-- another rule
CREATE OR REPLACE RULE old_orders_keep AS ON DELETE TO archive.old_orders WHERE false DO INSTEAD NOTHING;
