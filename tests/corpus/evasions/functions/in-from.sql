-- class: destructive|unknown
-- in FROM
SELECT * FROM app.purge_users();
