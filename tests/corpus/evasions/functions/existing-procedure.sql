-- class: destructive|unknown
-- CALL
CALL app.archive_orders('2030-01-01');
