-- class: destructive
-- quotes around every part
DROP TABLE "archive"."old_orders";
