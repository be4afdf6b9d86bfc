-- miss: D027
ALTER DOMAIN app.positive_amount ADD CONSTRAINT validate CHECK (VALUE < 100000) NOT VALID;
