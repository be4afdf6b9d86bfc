-- class: unknown|refused
-- run: psql
-- the same on a line of its own
SELECT format('TRUNCATE %I.%I', 'archive', 'old_orders') -- harmless
\gexec
