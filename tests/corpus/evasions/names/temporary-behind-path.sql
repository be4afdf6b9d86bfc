-- class: destructive
SET search_path = public, pg_temp;
CREATE TEMP TABLE duplicates(id int);
DELETE FROM duplicates;
