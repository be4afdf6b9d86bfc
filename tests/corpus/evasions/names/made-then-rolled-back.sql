-- class: destructive
-- what the script made was rolled back before the DROP
BEGIN;
SAVEPOINT s;
ALTER TABLE archive.old_orders RENAME TO kept;
CREATE TABLE archive.old_orders (id int);
ROLLBACK TO s;
DROP TABLE archive.old_orders;
COMMIT;
