-- class: destructive
-- with MATERIALIZED
WITH gone AS MATERIALIZED (DELETE FROM app.settings RETURNING *) SELECT FROM gone;
