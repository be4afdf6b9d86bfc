-- class: destructive
-- a body in a U& string
DO U&'BEGIN D\0052OP TABLE archive.old_orders; END';
