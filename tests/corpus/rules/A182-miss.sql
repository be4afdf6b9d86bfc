-- near: A182
ALTER TABLE archive.old_orders ENABLE RULE old_orders_keep;
