-- class: destructive|unknown
-- in FILTER
SELECT count(*) FILTER (WHERE app.purge_users() > 0) FROM (VALUES (1)) v(n);
