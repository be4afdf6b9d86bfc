-- class: destructive
-- or never made
DO $$ BEGIN IF false THEN CREATE TABLE archive.old_orders (id int); END IF; END $$;
DROP TABLE archive.old_orders;
