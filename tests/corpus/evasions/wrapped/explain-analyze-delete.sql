-- class: destructive
-- EXPLAIN ANALYZE runs what it explains
EXPLAIN (COSTS off, ANALYZE true) DELETE FROM app.settings;
