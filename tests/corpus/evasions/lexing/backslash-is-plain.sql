-- class: destructive
-- with standard strings a backslash escapes nothing: the second statement is real
SELECT 'a\'; DROP TABLE archive.old_orders; --';
