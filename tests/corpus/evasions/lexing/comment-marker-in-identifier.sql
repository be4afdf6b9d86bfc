-- class: destructive
-- nor inside a quoted identifier
SELECT 1 AS "/*"; DROP TABLE archive.old_orders; SELECT 2 AS "*/";
