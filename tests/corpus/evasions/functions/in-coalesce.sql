-- class: destructive|unknown
-- in COALESCE
SELECT coalesce(NULL, app.purge_users());
