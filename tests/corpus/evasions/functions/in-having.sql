-- class: destructive|unknown
-- in HAVING
SELECT 1 HAVING app.purge_users() > 0;
