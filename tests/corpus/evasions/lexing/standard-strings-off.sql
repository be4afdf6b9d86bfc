-- class: unknown|refused
-- run: psql
-- the same bytes are one string or three statements
SET standard_conforming_strings = off;
SELECT 'a\'; DROP TABLE archive.old_orders; --';
SET standard_conforming_strings = on;
SELECT 'a\'; DROP TABLE archive.old_orders; --';
