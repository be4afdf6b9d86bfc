-- rule: A078 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE archive.old_orders DISABLE RULE old_orders_keep;
