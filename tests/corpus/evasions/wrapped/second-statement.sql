-- class: destructive
-- a script has the class of its worst statement
SELECT 1; DROP TABLE archive.old_orders; SELECT 2
