-- rule: Z011 class=additive
-- run: no (needs PostgreSQL 17)
EXPLAIN (MEMORY) SELECT 1;
