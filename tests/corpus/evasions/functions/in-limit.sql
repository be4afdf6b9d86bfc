-- class: destructive|unknown
-- in LIMIT
SELECT 1 LIMIT app.purge_users();
