-- near: A078
ALTER TABLE archive.old_orders DISABLE TRIGGER USER;
