-- class: none
-- 4--1 is 4 and a comment
SELECT 4--1; DROP TABLE archive.old_orders;
;
