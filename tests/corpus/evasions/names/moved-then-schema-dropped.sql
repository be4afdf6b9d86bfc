-- class: destructive
-- moved into a schema that the script made
CREATE SCHEMA made; ALTER TABLE archive.old_orders SET SCHEMA made; DROP SCHEMA made CASCADE;
