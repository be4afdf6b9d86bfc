-- class: destructive
-- in the second of two
WITH a AS (SELECT 1), b AS (UPDATE app.settings SET value = '0' RETURNING key) TABLE b;
