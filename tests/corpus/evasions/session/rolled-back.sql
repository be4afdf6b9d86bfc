-- class: destructive effect=none
-- a ROLLBACK at the end lowers nothing
BEGIN; DROP TABLE archive.old_orders; ROLLBACK;
