-- class: unknown|refused effect=none
-- run: psql
-- SET LOCAL, too
BEGIN; SET LOCAL standard_conforming_strings TO 0;
SELECT 'x\'; DROP TABLE archive.old_orders; --';
COMMIT;
