-- miss: D030
ALTER TYPE app.point3 ADD ATTRIBUTE storage int;
