-- class: unknown|refused
-- run: psql
-- a condition from the database
SELECT true AS go \gset
\if :go
DROP TABLE archive.old_orders;
\endif
