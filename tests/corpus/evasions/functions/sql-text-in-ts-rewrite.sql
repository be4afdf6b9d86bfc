-- class: destructive|unknown
-- and another
SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, app.purge_users()::text::tsquery');
