-- class: destructive|unknown
-- in LATERAL
SELECT * FROM (VALUES (1)) v(n), LATERAL app.purge_users() p;
