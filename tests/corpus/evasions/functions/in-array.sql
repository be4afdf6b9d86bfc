-- class: destructive|unknown
-- in ARRAY
SELECT ARRAY[app.purge_users()];
