-- class: destructive
CREATE TABLE spare.duplicates(i int);
SET search_path=spare;
CREATE VIEW v AS SELECT set_config('search_path','public',false) x;
SELECT * FROM v;
DROP TABLE duplicates;
