-- class: destructive
CREATE VIEW v AS SELECT * FROM duplicates;UPDATE v SET code='x';
