-- class: destructive|unknown
-- run: psql
-- PREPARE TRANSACTION, committed later
BEGIN; DROP TABLE archive.old_orders; PREPARE TRANSACTION 'later';
COMMIT PREPARED 'later';
