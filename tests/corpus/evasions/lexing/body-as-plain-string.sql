-- class: destructive
-- a DO body need not be dollar-quoted
DO 'BEGIN EXECUTE ''DROP TABLE archive.old_orders''; END';
