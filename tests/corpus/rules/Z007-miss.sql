-- miss: Z007
SELECT 1 OPERATOR(pg_catalog.+) 2, 'a' || 'b', '{}'::jsonb @> '{}';
