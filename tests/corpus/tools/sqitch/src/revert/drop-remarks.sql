-- Revert library:drop-remarks from pg

BEGIN;

ALTER TABLE library.books ADD COLUMN remarks TEXT;

COMMIT;
