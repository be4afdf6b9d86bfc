-- class: none
-- SQL text as data
SELECT $x$; DROP TABLE archive.old_orders; $x$;
