-- class: destructive
CREATE SCHEMA n;
CREATE TABLE n.settings(i int);
ALTER SCHEMA n RENAME TO n2;
ALTER SCHEMA app RENAME TO n;
DROP TABLE n.settings;
