-- class: destructive
-- columns of a domain
DROP DOMAIN app.email_address CASCADE;
