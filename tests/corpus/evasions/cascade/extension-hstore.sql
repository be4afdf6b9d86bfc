-- class: destructive
-- and of another
DROP EXTENSION IF EXISTS hstore CASCADE;
