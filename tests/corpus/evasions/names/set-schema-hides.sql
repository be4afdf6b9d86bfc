-- class: destructive
-- clients no longer find it
ALTER TABLE archive.old_orders SET SCHEMA spare;
