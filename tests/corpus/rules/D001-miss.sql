-- miss: D001
CREATE TYPE app.weather AS (enum text);
