-- class: destructive
-- a function that cuts
ALTER TABLE app.contacts ALTER COLUMN phone TYPE varchar(30) USING left(phone, 3);
