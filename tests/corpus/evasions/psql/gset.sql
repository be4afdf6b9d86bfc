-- class: unknown|refused
-- run: psql
-- a variable from the database
SELECT 'DROP TABLE archive.old_orders' AS cmd \gset
:cmd;
