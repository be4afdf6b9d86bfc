-- rule: G009 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
CREATE OR REPLACE RULE old_orders_keep AS ON DELETE TO archive.old_orders DO ALSO NOTIFY orders;
