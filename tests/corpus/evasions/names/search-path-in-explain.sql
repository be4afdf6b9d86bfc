-- class: destructive
CREATE TABLE spare.duplicates(i int);
SET search_path=spare;
EXPLAIN ANALYZE SELECT set_config('search_path','public',false);
DROP TABLE duplicates;
