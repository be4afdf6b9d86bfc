-- class: unknown|refused
-- run: psql
-- rows become statements
SELECT 'DROP TABLE archive.old_orders' \gexec
