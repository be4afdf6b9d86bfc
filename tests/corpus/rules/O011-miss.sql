-- miss: O011
SET search_path = app;
