-- class: destructive|unknown
-- in USING
ALTER TABLE app.contacts ALTER COLUMN phone TYPE text USING app.purge_users()::text;
