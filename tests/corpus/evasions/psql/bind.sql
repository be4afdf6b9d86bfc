-- class: unknown|refused
-- run: psql
-- \crosstabview ends a statement like a semicolon
SELECT 1 AS a, 2 AS b, 3 AS c \crosstabview
DROP TABLE archive.old_orders;
