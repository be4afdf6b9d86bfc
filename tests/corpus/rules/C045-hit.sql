-- rule: C045 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP STATISTICS app.orders_stats;
