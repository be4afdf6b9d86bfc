-- class: destructive
-- or on
EXPLAIN (VERBOSE, ANALYZE on) UPDATE app.settings SET value = '0';
