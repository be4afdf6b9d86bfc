-- class: destructive
-- DELETE below a SELECT
WITH gone AS (DELETE FROM app.settings RETURNING *) SELECT count(*) FROM gone;
