-- rule: N009 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER FOREIGN TABLE app.remote_orders RENAME TO far_orders;
