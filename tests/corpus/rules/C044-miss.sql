-- miss: C044
ALTER STATISTICS app.orders_stats RENAME TO schema;
