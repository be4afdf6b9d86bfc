-- class: none
-- in an E string it does: this is one SELECT
SELECT E'a\'; DROP TABLE archive.old_orders; --';
