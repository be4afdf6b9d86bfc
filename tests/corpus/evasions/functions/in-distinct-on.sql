-- class: destructive|unknown
-- in DISTINCT ON
SELECT DISTINCT ON (app.purge_users()) n FROM (VALUES (1)) v(n);
