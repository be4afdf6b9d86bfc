-- class: destructive
-- a comment marker inside quotes opens nothing
SELECT '/*'; DROP TABLE archive.old_orders; SELECT '*/';
