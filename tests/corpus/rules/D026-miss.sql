-- miss: D026
ALTER DOMAIN app.positive_amount DROP DEFAULT;
