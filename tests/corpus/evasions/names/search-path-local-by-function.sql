-- class: destructive
BEGIN;
SELECT set_config('search_path','spare',true);
CREATE TABLE duplicates(i int);
COMMIT;
DROP TABLE duplicates;
