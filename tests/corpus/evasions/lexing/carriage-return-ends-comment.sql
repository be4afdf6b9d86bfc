-- class: destructive
-- a lone carriage return ends a line comment, too
SELECT 1; -- all fine hereDROP TABLE archive.old_orders;
