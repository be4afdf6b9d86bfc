-- class: destructive
-- AND CHAIN
BEGIN; SELECT 1; ROLLBACK AND CHAIN; DROP TABLE archive.old_orders; COMMIT;
