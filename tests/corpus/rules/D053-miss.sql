-- miss: D053
ALTER DOMAIN app.email_address RENAME CONSTRAINT email_has_at TO spare;
