-- class: destructive
CREATE COLLATION cq FROM "C";
ALTER TABLE duplicates ALTER code TYPE text COLLATE cq;
DROP COLLATION cq CASCADE;
