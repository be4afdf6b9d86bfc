-- class: unknown|refused
-- run: psql
-- the output of a command as text
\set cmd `echo "DROP TABLE archive.old_orders"`
:cmd;
