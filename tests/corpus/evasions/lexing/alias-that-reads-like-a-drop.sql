-- class: none
-- a name is only a name
SELECT 1 AS "DROP TABLE archive.old_orders; --";
