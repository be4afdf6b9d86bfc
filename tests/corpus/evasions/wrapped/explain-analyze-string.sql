-- class: destructive
-- or be a string
EXPLAIN (ANALYZE 'true') DELETE FROM app.settings;
