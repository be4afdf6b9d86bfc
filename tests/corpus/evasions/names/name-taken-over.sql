-- class: destructive
-- the name of what the script made now means the real table
CREATE TABLE archive.made (id bigint);
ALTER TABLE archive.made RENAME TO other;
ALTER TABLE archive.old_orders RENAME TO made;
DROP TABLE archive.made;
