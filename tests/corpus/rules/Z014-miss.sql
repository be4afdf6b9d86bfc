-- miss: Z014
SELECT pg_catalog.lower('ABC'), now(), coalesce(NULL, 1);
