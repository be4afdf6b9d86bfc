-- class: destructive
-- everything is lost at the next crash
ALTER TABLE archive.old_orders SET UNLOGGED;
