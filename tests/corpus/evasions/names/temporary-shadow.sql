-- class: destructive
-- the first DROP hits the temporary table, the second the real one
SET search_path = archive;
CREATE TEMP TABLE old_orders (id int);
DROP TABLE old_orders;
DROP TABLE old_orders;
