-- class: destructive
CREATE TYPE tq AS (id int, wheels int);
ALTER TABLE bikes OF tq;
DROP TYPE tq CASCADE;
