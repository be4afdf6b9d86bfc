-- class: destructive
CREATE TABLE spare.duplicates(i int);
CREATE TABLE spare.t(i int, x text DEFAULT set_config('search_path','public',false));
SET search_path=spare;
INSERT INTO t(i) VALUES (1);
DROP TABLE duplicates;
