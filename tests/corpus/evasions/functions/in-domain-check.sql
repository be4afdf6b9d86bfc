-- class: destructive|unknown
-- in the CHECK of a domain
ALTER DOMAIN app.email_address ADD CONSTRAINT odd CHECK (app.purge_users() > 0);
