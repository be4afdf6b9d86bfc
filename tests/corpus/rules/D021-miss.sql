-- miss: D021
ALTER DOMAIN app.positive_amount SET DEFAULT NULL;
