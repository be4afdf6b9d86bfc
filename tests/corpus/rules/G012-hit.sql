-- rule: G012 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP RULE old_orders_keep ON archive.old_orders;
