-- class: destructive|unknown
-- in WHERE
SELECT 1 WHERE app.purge_users() > 0;
