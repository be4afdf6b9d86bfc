-- class: destructive
-- USING NULL
ALTER TABLE app.contacts ALTER COLUMN phone TYPE varchar(30) USING NULL;
