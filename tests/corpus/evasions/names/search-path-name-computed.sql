-- class: destructive
CREATE TABLE spare.duplicates(i int);
SET search_path=spare;
SELECT set_config('search_' || 'path','public',false);
DROP TABLE duplicates;
