-- class: unknown
-- DML on the catalogue
DELETE FROM pg_enum WHERE enumtypid = 'app.mood'::regtype;
