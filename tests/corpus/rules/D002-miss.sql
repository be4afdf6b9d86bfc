-- miss: D002
CREATE TYPE app.weather AS ENUM ('kind', 'degrees');
