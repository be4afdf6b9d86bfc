-- near: A183
ALTER TABLE archive.old_orders ENABLE ALWAYS RULE old_orders_keep;
