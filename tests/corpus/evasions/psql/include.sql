-- class: unknown|refused
-- run: psql
-- another file
\i /dev/null
DROP TABLE archive.old_orders;
