-- miss: D042
DROP TYPE app.mood;
