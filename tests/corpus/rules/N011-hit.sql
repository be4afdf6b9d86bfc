-- rule: N011 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP FOREIGN TABLE app.remote_orders;
