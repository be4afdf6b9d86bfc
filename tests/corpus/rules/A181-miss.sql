-- near: A181
ALTER TABLE archive.old_orders DISABLE RULE old_orders_keep;
