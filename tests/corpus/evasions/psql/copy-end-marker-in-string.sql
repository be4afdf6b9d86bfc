-- class: destructive|unknown|refused
-- run: psql
-- an end marker that is none
SELECT '
\.
'; DROP TABLE archive.old_orders;
