-- class: destructive|unknown
-- in ROWS FROM
SELECT * FROM ROWS FROM (app.purge_users(), generate_series(1, 2));
