-- class: destructive
-- IF NOT EXISTS proves nothing
CREATE TABLE IF NOT EXISTS archive.old_orders (id int); DROP TABLE archive.old_orders;
