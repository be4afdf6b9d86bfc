-- class: destructive
-- run: psql
-- ROLLBACK outside a block undoes nothing
DROP TABLE archive.old_orders;
ROLLBACK;
