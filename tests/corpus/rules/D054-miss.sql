-- miss: D054
ALTER DOMAIN app.email_address RENAME TO has_at;
