-- class: destructive
ALTER EXTENSION pg_trgm ADD TABLE duplicates;
DROP EXTENSION pg_trgm CASCADE;
