-- miss: D041
DROP TYPE app.point3 CASCADE;
