-- Revert library:loans from pg

BEGIN;

DROP FUNCTION library.lend(BIGINT, TEXT);
DROP TABLE library.loans;

COMMIT;
