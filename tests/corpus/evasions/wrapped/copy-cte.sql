-- class: destructive
-- COPY of a SELECT with a DELETE below
COPY (WITH gone AS (DELETE FROM app.settings RETURNING *) SELECT * FROM gone) TO '/dev/null';
