-- class: unknown|refused
-- run: psql
-- \; separates statements of one query
SELECT 1\; DROP TABLE archive.old_orders;
