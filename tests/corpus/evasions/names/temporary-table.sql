-- class: none
-- a temporary table
CREATE TEMP TABLE made (id int); INSERT INTO made VALUES (1); DROP TABLE pg_temp.made;
