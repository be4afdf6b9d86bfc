-- class: destructive error=23502
-- run: psql
-- psql goes on after an error: the copy failed, the drop ran
ALTER TABLE app.contacts ADD COLUMN phone2 text NOT NULL;
ALTER TABLE app.contacts DROP COLUMN phone;
