-- class: destructive
-- or stand alone
EXPLAIN ANALYZE VERBOSE DELETE FROM app.settings;
