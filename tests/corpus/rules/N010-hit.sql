-- rule: N010 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER FOREIGN TABLE app.remote_orders SET SCHEMA spare;
