-- class: destructive|unknown
-- in ORDER BY
SELECT n FROM (VALUES (1), (2)) v(n) ORDER BY app.purge_users();
