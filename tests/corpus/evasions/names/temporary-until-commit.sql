-- class: destructive
BEGIN;
CREATE TEMP TABLE categories2(id int) ON COMMIT DROP;
CREATE TEMP TABLE duplicates(id int) ON COMMIT DROP;
COMMIT;
DROP TABLE duplicates;
