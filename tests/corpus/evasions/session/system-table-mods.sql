-- class: destructive|unknown
-- the lock of the catalogue is opened
SET allow_system_table_mods = on; DROP TABLE archive.old_orders;
