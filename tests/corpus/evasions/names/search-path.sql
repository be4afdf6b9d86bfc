-- class: destructive
-- an unqualified name
SET search_path = archive; DROP TABLE old_orders;
