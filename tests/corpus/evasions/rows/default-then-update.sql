-- class: destructive
-- a backfill that overwrites
ALTER TABLE app.contacts ALTER COLUMN phone SET DEFAULT ''; UPDATE app.contacts SET phone = DEFAULT;
