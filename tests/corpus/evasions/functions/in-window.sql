-- class: destructive|unknown
-- in a window
SELECT count(*) OVER w FROM (VALUES (1)) v(n) WINDOW w AS (PARTITION BY app.purge_users());
