-- class: destructive|unknown
-- in CASE
SELECT CASE WHEN true THEN app.purge_users() END;
