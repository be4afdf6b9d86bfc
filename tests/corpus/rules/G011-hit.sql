-- rule: G011 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER RULE old_orders_keep ON archive.old_orders RENAME TO keep;
