-- class: destructive
-- -- inside a block comment does not hide the end of it
/* -- */ DROP TABLE archive.old_orders;
