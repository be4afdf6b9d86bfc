-- miss: C045
ALTER STATISTICS app.orders_stats SET STATISTICS 0;
