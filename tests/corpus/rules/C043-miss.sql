-- miss: C043
ALTER STATISTICS app.orders_stats RENAME TO owner;
