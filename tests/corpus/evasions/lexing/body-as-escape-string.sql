-- class: destructive
-- a body in an E string: the keyword is spelt with an escape
DO E'BEGIN D\x52OP TABLE archive.old_orders; END';
