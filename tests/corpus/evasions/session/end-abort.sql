-- class: destructive
-- END and ABORT are COMMIT and ROLLBACK
BEGIN; DROP TABLE archive.old_orders; END; BEGIN; ABORT;
