-- miss: D051
ALTER DOMAIN app.spare_domain RENAME TO point;
