-- miss: D003
CREATE TYPE app.price_range AS (low numeric, high numeric);
