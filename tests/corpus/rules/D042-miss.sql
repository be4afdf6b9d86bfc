-- miss: D042
DROP TYPE app.point3;
