-- class: destructive
CREATE VIEW v AS SELECT * FROM duplicates;DELETE FROM v;
