-- class: destructive
-- the new table is kept, the old one dropped under another name
CREATE TABLE archive.made (id bigint);
ALTER TABLE archive.old_orders RENAME TO worn;
ALTER TABLE archive.made RENAME TO old_orders;
DROP TABLE archive.worn;
