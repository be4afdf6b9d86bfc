-- class: destructive
-- statistics
DROP STATISTICS app.orders_stats;
