-- class: unknown|refused error=22021
-- run: psql
-- bytes that are no UTF-8
SELECT 'ÿþ'; DROP TABLE archive.old_orders;
