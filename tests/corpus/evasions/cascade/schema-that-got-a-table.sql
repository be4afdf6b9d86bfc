-- class: destructive
ALTER TABLE duplicates SET SCHEMA spare;
DROP SCHEMA IF EXISTS spare CASCADE;
