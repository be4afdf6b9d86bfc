-- class: destructive
CREATE SCHEMA zq;
ALTER DOMAIN app.email_address SET SCHEMA zq;
DROP SCHEMA zq CASCADE;
