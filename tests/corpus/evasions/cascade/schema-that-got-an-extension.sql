-- class: destructive
ALTER EXTENSION hstore SET SCHEMA spare;
DROP SCHEMA spare CASCADE;
