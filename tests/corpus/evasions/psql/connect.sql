-- class: unknown|refused
-- run: psql
-- the target changes in the middle
\connect :DBNAME
DROP TABLE archive.old_orders;
