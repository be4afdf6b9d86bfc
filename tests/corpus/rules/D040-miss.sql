-- miss: D040
DROP TYPE app.point3;
