-- class: destructive|unknown
-- what it does stands in the catalogue
SELECT app.purge_users();
