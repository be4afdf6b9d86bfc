-- class: destructive
-- through a prepared statement
PREPARE p AS DELETE FROM app.settings; EXPLAIN ANALYZE EXECUTE p;
