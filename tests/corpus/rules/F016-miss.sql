-- miss: F016
CREATE LANGUAGE plpgsql;
