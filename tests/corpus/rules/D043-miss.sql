-- miss: D043
DROP DOMAIN app.spare_domain CASCADE;
