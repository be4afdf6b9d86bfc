-- class: destructive
-- the last statement needs none
SELECT 1; DROP TABLE archive.old_orders