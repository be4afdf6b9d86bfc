-- class: destructive
CREATE TABLE categories3(i int);
ALTER TABLE duplicates RENAME TO d2;
CREATE TABLE duplicates(i int);
ROLLBACK;
DROP TABLE duplicates;
