-- class: destructive|unknown
-- in the second arm of a UNION
SELECT 1 UNION ALL SELECT app.purge_users();
