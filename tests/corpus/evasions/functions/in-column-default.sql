-- class: destructive|unknown
-- as the default of a new column
ALTER TABLE app.contacts ADD COLUMN n int DEFAULT app.purge_users();
