-- class: destructive|unknown
-- another one
SELECT * FROM ts_stat('SELECT to_tsvector(app.purge_users()::text)');
