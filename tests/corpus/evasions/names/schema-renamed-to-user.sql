-- class: destructive
CREATE TABLE settings(id int);
ALTER SCHEMA app RENAME TO postgres;
DROP TABLE settings;
