-- class: destructive
-- with ONLY
TRUNCATE ONLY archive.old_orders CONTINUE IDENTITY RESTRICT;
