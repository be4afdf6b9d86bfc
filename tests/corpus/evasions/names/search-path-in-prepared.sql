-- class: destructive
CREATE TABLE spare.duplicates(i int);
SET search_path=spare;
PREPARE p AS SELECT set_config('search_path','public',false);
EXECUTE p;
DROP TABLE duplicates;
