-- miss: D024
ALTER DOMAIN app.positive_amount ADD CONSTRAINT not_too_dear CHECK (VALUE < 100000) NOT VALID;
