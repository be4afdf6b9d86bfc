-- miss: D062
ALTER DOMAIN app.spare_domain SET SCHEMA archive;
