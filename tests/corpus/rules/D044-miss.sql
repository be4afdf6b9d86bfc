-- miss: D044
DROP DOMAIN app.spare_domain RESTRICT;
