-- class: destructive|unknown
-- in a CHECK, which is run for every row
ALTER TABLE app.contacts ADD CONSTRAINT odd CHECK (app.purge_users() > 0);
