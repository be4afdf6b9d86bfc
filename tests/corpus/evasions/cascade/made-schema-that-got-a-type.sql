-- class: destructive
CREATE SCHEMA zq;
ALTER TYPE app.address SET SCHEMA zq;
DROP SCHEMA zq CASCADE;
