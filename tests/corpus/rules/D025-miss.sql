-- miss: D025
ALTER DOMAIN app.positive_amount ADD CONSTRAINT not_valid CHECK (VALUE < 100000);
