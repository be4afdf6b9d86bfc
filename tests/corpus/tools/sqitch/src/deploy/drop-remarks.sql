-- Deploy library:drop-remarks to pg

BEGIN;

ALTER TABLE library.books DROP COLUMN remarks;

COMMIT;
