-- Verify library:books on pg

BEGIN;

SELECT id, title FROM library.books WHERE FALSE;

ROLLBACK;
