-- class: none
-- two strings with a line end between them are one
SELECT 'a'
'b; DROP TABLE archive.old_orders';
