-- near: A194
ALTER TABLE archive.old_orders SET SCHEMA app;
