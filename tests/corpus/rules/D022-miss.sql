-- miss: D022
ALTER DOMAIN app.positive_amount SET NOT NULL;
