-- miss: D005
CREATE TYPE app.domain AS (percentage int);
