-- class: none
-- and may be off
EXPLAIN (ANALYZE false) DELETE FROM app.settings;
