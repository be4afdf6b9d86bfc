-- class: destructive
-- the option may be spelt 1
EXPLAIN (ANALYZE 1) DELETE FROM app.settings;
