-- miss: D020
ALTER DOMAIN app.positive_amount DROP DEFAULT;
