-- class: destructive
-- a whole schema under another name
ALTER SCHEMA archive RENAME TO worn; CREATE SCHEMA archive; CREATE TABLE archive.old_orders (id int); DROP SCHEMA worn CASCADE;
