-- class: destructive|unknown
-- in a join condition
SELECT 1 FROM (VALUES (1)) a(n) JOIN (VALUES (1)) b(n) ON app.purge_users() > 0;
