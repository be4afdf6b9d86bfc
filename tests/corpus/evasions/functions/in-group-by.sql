-- class: destructive|unknown
-- in GROUP BY
SELECT count(*) FROM (VALUES (1)) v(n) GROUP BY app.purge_users();
