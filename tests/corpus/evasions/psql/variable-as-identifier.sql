-- class: unknown|refused
-- run: psql
-- a variable as a name
\set t old_orders
DROP TABLE archive.:"t";
