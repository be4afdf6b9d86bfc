-- class: unknown|refused
-- run: psql
-- a variable as SQL text
\set cmd 'DROP TABLE archive.old_orders'
:cmd;
