-- rule: C042 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER STATISTICS app.orders_stats RENAME TO order_stats;
