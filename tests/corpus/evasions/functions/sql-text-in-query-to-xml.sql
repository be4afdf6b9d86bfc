-- class: destructive|unknown
-- a builtin that runs SQL given as text
SELECT query_to_xml('SELECT app.purge_users()', true, false, '');
