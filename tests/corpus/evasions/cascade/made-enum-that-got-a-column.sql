-- class: destructive
CREATE TYPE eq AS ENUM ('a','b','c','d','e');
ALTER TABLE duplicates ALTER code TYPE eq USING code::eq;
DROP TYPE eq CASCADE;
