-- rule: A094 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TABLE archive.old_orders SET SCHEMA app;
