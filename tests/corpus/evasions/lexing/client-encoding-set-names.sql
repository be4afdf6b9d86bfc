-- class: destructive|unknown
-- SET NAMES is the standard spelling of it
SET NAMES 'BIG5'; DROP TABLE archive.old_orders;
