-- class: destructive|unknown
-- in a ROW
SELECT (ROW(app.purge_users())).f1;
