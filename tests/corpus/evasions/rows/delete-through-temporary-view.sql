-- class: destructive
CREATE TEMP VIEW v AS SELECT * FROM duplicates;DELETE FROM v;
