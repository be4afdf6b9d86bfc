-- rule: Z012 class=unknown
SET search_path = public, pg_catalog;
SELECT lower('A');
