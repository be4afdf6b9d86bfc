-- class: unknown|refused
-- run: psql
-- the other branch
\if false
SELECT 1;
\else
DROP TABLE archive.old_orders;
\endif
