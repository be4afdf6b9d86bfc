-- class: destructive|unknown
-- the last one counts
EXPLAIN (ANALYZE off, ANALYZE) DELETE FROM app.settings;
