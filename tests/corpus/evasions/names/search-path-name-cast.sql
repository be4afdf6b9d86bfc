-- class: destructive
CREATE TABLE spare.duplicates(i int);
SET search_path=spare;
SELECT set_config('search_path'::text,'public'::text,false);
DROP TABLE duplicates;
