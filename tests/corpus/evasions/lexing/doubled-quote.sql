-- class: none
-- a doubled quote does not end the string
SELECT 'it''s; DROP TABLE archive.old_orders; --';
