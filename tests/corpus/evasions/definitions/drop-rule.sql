-- class: destructive
-- a rule
DROP RULE old_orders_keep ON archive.old_orders;
