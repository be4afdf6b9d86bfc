-- class: destructive|unknown effect=none
-- in a sub-select
SELECT 1 WHERE EXISTS (SELECT app.purge_users());
