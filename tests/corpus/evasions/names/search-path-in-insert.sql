-- class: destructive
CREATE TABLE spare.duplicates(i int);
CREATE TABLE spare.t(x text);
SET search_path=spare;
INSERT INTO t VALUES (set_config('search_path','public',false));
DROP TABLE duplicates;
