-- class: destructive
CREATE SCHEMA zq CREATE VIEW v AS SELECT * FROM public.duplicates;
DELETE FROM zq.v;
