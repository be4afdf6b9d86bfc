-- class: destructive
-- SET SCHEMA is SET search_path
SET SCHEMA 'archive'; DROP TABLE old_orders;
