-- miss: D023
ALTER DOMAIN app.positive_amount DROP NOT NULL;
