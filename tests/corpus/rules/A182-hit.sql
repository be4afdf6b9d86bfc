-- rule: A182 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE archive.old_orders ENABLE ALWAYS RULE old_orders_keep;
