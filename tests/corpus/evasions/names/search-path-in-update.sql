-- class: destructive
CREATE TABLE spare.duplicates(i int);
CREATE TABLE spare.t(x text);
INSERT INTO spare.t VALUES('');
SET search_path=spare;
UPDATE t SET x=set_config('search_path','public',false);
DROP TABLE duplicates;
