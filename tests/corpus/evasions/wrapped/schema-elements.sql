-- class: additive
-- CREATE SCHEMA may hold other statements
CREATE SCHEMA more CREATE TABLE one (id int) CREATE VIEW two AS SELECT id FROM one;
