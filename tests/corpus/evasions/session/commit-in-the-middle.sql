-- class: destructive
-- run: psql
-- breaks out of a wrapper
COMMIT; DROP TABLE archive.old_orders; BEGIN;
