-- Verify library:drop-remarks on pg

SELECT 1;
