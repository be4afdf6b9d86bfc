-- miss: G005
DROP RULE old_orders_keep ON archive.old_orders;
