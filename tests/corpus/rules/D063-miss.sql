-- miss: D063
ALTER TYPE app.point3 SET SCHEMA archive;
