-- class: destructive
-- a data-modifying CTE runs even when nobody reads it
WITH gone AS (DELETE FROM app.settings) SELECT 1;
