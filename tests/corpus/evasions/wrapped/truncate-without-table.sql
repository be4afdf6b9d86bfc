-- class: destructive
-- the word TABLE is optional
TRUNCATE archive.old_orders;
