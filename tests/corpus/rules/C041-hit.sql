-- rule: C041 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER STATISTICS app.orders_stats SET STATISTICS 500;
