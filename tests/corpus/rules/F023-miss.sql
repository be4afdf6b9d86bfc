-- miss: F023
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION time_support(internal));
