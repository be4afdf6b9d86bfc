-- Revert library:books from pg

BEGIN;

DROP SCHEMA library CASCADE;

COMMIT;
