-- miss: M007
ALTER EXTENSION hstore SET SCHEMA spare;
