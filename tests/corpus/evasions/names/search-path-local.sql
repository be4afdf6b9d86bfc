-- class: destructive
-- SET LOCAL
BEGIN; SET LOCAL search_path TO archive; DROP TABLE old_orders; COMMIT;
